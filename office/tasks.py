"""Doors of the office for the doorbell: a knock for one job, and the tick that asks the table what is due."""

from celery import shared_task

from office import days, jobs


@shared_task(name="office.tasks.ring")
def ring(job_id: int) -> None:
    """Work on this job; ring again where the time was up before the work was."""
    if jobs.work(job_id, clock=days.now):
        jobs.ring(job_id)


@shared_task(name="office.tasks.tick")
def tick() -> None:
    """Ring for the jobs that stand still: a lost knock, a dead worker. Two clocks are harmless."""
    for job_id in jobs.sweep(days.now()):
        jobs.ring(job_id)
