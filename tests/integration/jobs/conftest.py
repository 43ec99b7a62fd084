"""A database with the tables of jobs, and workers that are stopped at the end."""

from __future__ import annotations

import asyncio

import job_schema
import pytest


@pytest.fixture
async def engine(database_url):
    made = job_schema.engine_of(database_url)
    await job_schema.create(made)
    yield made
    await made.dispose()


@pytest.fixture
async def work(engine):
    """`work(handle, ...)` starts a worker and returns it with its task."""
    tasks = []

    def start(handle, **options):
        worker = job_schema.worker_of(options.pop("engine", engine), handle, **options)
        tasks.append(asyncio.create_task(worker.run()))
        return worker, tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
