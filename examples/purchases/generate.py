#!/usr/bin/env python3
"""Makes up a shop: users, what they buy, what they bring back, and when they are about to pay.

Usage: python generate.py [folder]      (default: data)

Writes four CSV files, the same ones every time. Needs nothing but Python. Times (`ts`) are milliseconds since
the epoch, UTC; prices and refunds are whole cents; `ds` is the day of the row.
"""

import csv
import random
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path

SEED = 2023
FIRST_DAY = datetime(2023, 11, 1, tzinfo=timezone.utc)
DAYS = 30
USERS, PRODUCTS = 60, 40
PURCHASES, CHECKOUTS = 900, 400
SHARE_RETURNED = 0.2
LONGEST_RETURN_DAYS = 10

Row = tuple[object, ...]
COLUMNS = {
    "users": ("user_id", "account_created_ds", "email_verified", "ds"),
    "purchases": ("ts", "purchase_id", "user_id", "product_id", "purchase_price", "ds"),
    "returns": ("ts", "return_id", "user_id", "product_id", "refund_amt", "ds"),
    "checkouts": ("ts", "checkout_id", "user_id", "product_id", "ds"),
}


def day(moment: datetime) -> str:
    """The partition of a moment."""
    return moment.strftime("%Y-%m-%d")


def millis(moment: datetime) -> int:
    """A moment as events tell it."""
    return int(moment.timestamp() * 1000)


def moments(chance: random.Random, count: int) -> list[datetime]:
    """Times within the month, in order."""
    seconds = sorted(chance.randrange(DAYS * 86_400) for _ in range(count))
    return [FIRST_DAY + timedelta(seconds=second) for second in seconds]


def users(chance: random.Random) -> Iterable[Row]:
    """One row for each user and day: what was known of the user at the end of it."""
    created = {user: FIRST_DAY - timedelta(days=chance.randrange(1, 700)) for user in range(1, USERS + 1)}
    verified = {user: FIRST_DAY + timedelta(days=chance.randrange(-30, 60)) for user in created}
    for number in range(DAYS):
        today = FIRST_DAY + timedelta(days=number)
        for user, since in created.items():
            yield user, day(since), str(verified[user] <= today).lower(), day(today)


def purchases(chance: random.Random) -> list[tuple[datetime, Row]]:
    """What was bought, with its moment."""
    made = []
    for number, moment in enumerate(moments(chance, PURCHASES), start=1):
        user, product = chance.randint(1, USERS), chance.randint(1, PRODUCTS)
        price = 100 * product + chance.randrange(100)
        made.append((moment, (millis(moment), number, user, product, price, day(moment))))
    return made


def returns(chance: random.Random, bought: list[tuple[datetime, Row]]) -> Iterable[Row]:
    """What was brought back some days after it was bought."""
    made = []
    for moment, (_, _, user, product, price, _) in bought:
        later = moment + timedelta(seconds=chance.randrange(3_600, LONGEST_RETURN_DAYS * 86_400))
        if chance.random() < SHARE_RETURNED and later < FIRST_DAY + timedelta(days=DAYS):
            made.append((millis(later), user, product, price, day(later)))
    return ((ts, number, *rest) for number, (ts, *rest) in enumerate(sorted(made), start=1))


def checkouts(chance: random.Random) -> Iterable[Row]:
    """When somebody was about to pay: the moments for which features are wanted."""
    for number, moment in enumerate(moments(chance, CHECKOUTS), start=1):
        yield millis(moment), number, chance.randint(1, USERS), chance.randint(1, PRODUCTS), day(moment)


def main(folder: Path) -> None:
    """Writes the files, and says how many rows they have."""
    chance = random.Random(SEED)
    bought = purchases(chance)
    tables: dict[str, list[Row]] = {
        "users": list(users(chance)),
        "purchases": [row for _, row in bought],
        "returns": list(returns(chance, bought)),
        "checkouts": list(checkouts(chance)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS[name])
            writer.writerows(rows)
        print(f"{folder}/{name}.csv: {len(rows)} rows")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "data"))
