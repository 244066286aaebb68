"""Doors of the office for the doorbell: a knock for one job, and the tick that asks what is due."""

from celery import shared_task

from office import days, jobs


@shared_task(name="office.tasks.ring")
def ring(job_id: int) -> None:
    """Work on this job; ring again where the time was up before the work was."""
    if jobs.work(job_id, clock=days.now):
        jobs.ring(job_id)


@shared_task(name="office.tasks.tick")
def tick() -> None:
    """Ring for the jobs that stand still and let every room look what is due; two clocks are harmless."""
    now = days.now()
    for job_id in jobs.sweep(now):
        jobs.ring(job_id)
    for look in jobs.rounds():
        look(now)
