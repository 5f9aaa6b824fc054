"""How far two names are apart, for messages that suggest what was meant."""


def edit_distance(str1: str, str2: str) -> int:
    """How many characters have to be added, dropped or replaced to turn one text into the other.

    >>> edit_distance("user", "users_")
    2
    """
    row = list(range(len(str2) + 1))
    for i, left in enumerate(str1, start=1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(str2, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return row[-1]
