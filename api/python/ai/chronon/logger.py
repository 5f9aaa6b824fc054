"""Loggers in the format of the command-line tools."""

import logging

LOG_FORMAT = "[%(asctime)-11s] %(levelname)s [%(filename)s:%(lineno)d] %(message)s"


def get_logger(log_level: int = logging.INFO) -> logging.Logger:
    """A logger for this package, at a level; its output has `LOG_FORMAT`."""
    logger = logging.getLogger("ai.chronon")
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(LOG_FORMAT))
        logger.addHandler(handler)
    logger.setLevel(log_level)
    return logger
