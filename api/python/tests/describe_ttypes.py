import ai.chronon.api.ttypes as t, inspect, json

out = {}
for n, c in sorted(vars(t).items()):
    if inspect.isclass(c) and c.__module__ == t.__name__:
        if hasattr(c, "_VALUES_TO_NAMES"):
            out[n] = c._VALUES_TO_NAMES
        else:

            def f(x):
                if isinstance(x, list) and x and inspect.isclass(x[0]):
                    return x[0].__name__
                if inspect.isclass(x):
                    return x.__name__
                if isinstance(x, (list, tuple)):
                    return [f(y) for y in x]
                return x

            out[n] = f(c.thrift_spec)
print(json.dumps(out, sort_keys=True, indent=1, default=str))
