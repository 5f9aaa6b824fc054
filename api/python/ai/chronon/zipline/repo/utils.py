"""Kinds of jobs."""

from enum import Enum


class JobType(Enum):
    """The engine that a job runs on."""

    SPARK = "spark"
    FLINK = "flink"
