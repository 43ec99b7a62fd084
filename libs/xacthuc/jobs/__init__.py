"""Durable jobs: work that is written down with the change that asks for it, and done later, by whichever process lives.

Knows no service. A service puts the tables into its schema with a migration (`schema.py`) and into its metadata, writes
jobs in its transactions (`queue.py`), and runs a worker in its processes (`worker.py`). Import from the modules.

    jobs = JobQueue(metadata)                                       # beside the service's other tables

    async with transaction(engine) as connection:                   # the change and its job commit together
        await save(connection, account)
        await jobs.enqueue(connection, [Job("PURGE", account_row_id, not_before=purge_time)])
    worker.wake()                                                   # otherwise it is noticed within a second

    async def purge(job: Job) -> Done | RetryAt | None:             # may run twice: must be idempotent
        if not await is_due(job.key):
            return RetryAt(tomorrow, "NOT_YET")
        await destroy(job.key)
        return None

    hours = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
    work = {"PURGE": Work(purge, waits=hours)}
    worker = Worker(engine, jobs, work, metrics, tracer, slots=4, drain=timedelta(seconds=10))
    await worker.run()                                              # until cancelled

What may be relied on, and why it is not pgqueuer: docs/decisions/0020-durable-jobs.md.
"""
