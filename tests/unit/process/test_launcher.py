"""Launchers of distributed jobs: what they say in the environment."""

from stepwell.process.launcher import Launcher


def test_without_a_launcher_there_is_no_rank():
    assert Launcher.from_environment({}) == Launcher()


def test_torchrun_says_everything():
    environment = {"RANK": "3", "WORLD_SIZE": "8", "TORCHELASTIC_RUN_ID": "job", "TORCHELASTIC_RESTART_COUNT": "2"}
    assert Launcher.from_environment(environment) == Launcher(3, 8, 2, "torchelastic job")


def test_torchrun_comes_before_the_cluster_that_it_runs_in():
    environment = {"RANK": "3", "SLURM_PROCID": "0", "WORLD_SIZE": "8", "SLURM_NTASKS": "1"}
    found = Launcher.from_environment(environment)
    assert (found.rank, found.size) == (3, 8)


def test_slurm_names_a_job_only_with_its_step():
    batch = {"SLURM_JOB_ID": "7", "SLURM_PROCID": "0", "SLURM_NTASKS": "4", "MASTER_ADDR": "node0"}
    assert Launcher.from_environment(batch).job is None
    assert Launcher.from_environment({**batch, "SLURM_STEP_ID": "0"}).job == "slurm 7.0"


def test_tasks_that_nobody_tells_where_to_meet_are_no_job():
    """As those of a search that `srun` starts: each is a run of its own."""
    task = {"SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_NTASKS": "4"}
    assert Launcher.from_environment(task).shared_run_id("p", 0) is None
    assert Launcher.from_environment(task | {"JAX_COORDINATOR_ADDRESS": "node0:1234"}).job == "slurm 7.0"


def test_what_is_no_number_is_not_said():
    assert Launcher.from_environment({"RANK": "first", "PMI_RANK": "2"}).rank == 2


def test_ranks_of_a_job_agree_on_an_id_and_jobs_do_not():
    ranks = [Launcher(rank, 4, 0, "job") for rank in range(4)]
    assert len({each.shared_run_id("p", 0) for each in ranks}) == 1
    first = ranks[0]
    ids = {first.shared_run_id("p", 0), first.shared_run_id("q", 0), first.shared_run_id("p", 1)}
    assert len(ids) == 3
    assert Launcher(0, 4, 0, "other").shared_run_id("p", 0) not in ids
    assert all(each is not None and len(each) == 8 for each in ids)


def test_a_restarted_job_keeps_its_id():
    assert Launcher(0, 4, 1, "job").shared_run_id("p", 0) == Launcher(0, 4, 0, "job").shared_run_id("p", 0)


def test_a_single_process_shares_with_nobody():
    assert Launcher(0, 1, 0, "job").shared_run_id("p", 0) is None
    assert Launcher(None, None, 0, "job").shared_run_id("p", 0) is None
    assert Launcher(0, 4, 0, None).shared_run_id("p", 0) is None
