"""Which dates have a place, and who starts next."""

from datetime import UTC, datetime

from drawing import VIRTUAL, Play, draw

from backfilld.engine.events import OnFailure, RunAdmitted

ONE_SLOT = {"default": 1}
CHAIN = "extract -> load"


def test_one_business_date_at_a_time():
    """With parallelism 1 a business date starts only when the one before it is done."""
    play = Play(draw(CHAIN, days=range(19, 21)), parallelism=1)

    assert play.starts() == ["extract@19"]
    play.succeed("extract@19")
    assert play.starts() == ["load@19"]
    play.succeed("load@19")
    assert play.starts() == ["extract@20"]


def test_parallelism_is_dates_in_flight():
    """With parallelism 2 two dates run side by side, and a third when one of them is done."""
    play = Play(draw("extract", days=range(19, 23)), parallelism=2)

    assert play.starts() == ["extract@19", "extract@20"]
    play.succeed("extract@20")
    assert play.starts() == ["extract@21"]


def test_newest_first():
    """With order Desc the newest date is first."""
    play = Play(draw("extract", days=range(19, 22), order="Desc"))

    assert play.starts() == ["extract@21"]
    play.succeed("extract@21")
    assert play.starts() == ["extract@20"]


def test_a_failed_date_gives_its_place_to_the_next_under_continue():
    """Under Continue a failed date is settled, and what waits for it is held back."""
    play = Play(draw(CHAIN, days=range(19, 21)), on_failure=OnFailure.CONTINUE)

    play.fail("extract@19")
    assert play.starts() == ["extract@19", "extract@20"]
    assert (play.word(19), play.word(20), play.word()) == ("failed", "running", "running")
    play.succeed("extract@20")
    play.succeed("load@20")
    assert play.word() == "failed"


def test_a_failed_date_keeps_its_place_under_hold():
    """Under Hold the backfill is done, and failed, when failed dates keep every place."""
    play = Play(draw(CHAIN, days=range(19, 22)), parallelism=2, on_failure=OnFailure.HOLD)

    play.fail("extract@19")
    assert play.word() == "running"
    play.fail("extract@20")
    assert play.starts() == ["extract@19", "extract@20"]
    assert (play.word(21), play.word()) == ("queued", "failed")


def test_a_rerun_of_the_failed_date_opens_a_held_backfill_again():
    """A rerun of the failed date gives its place up and gets it back, and the backfill goes on after it."""
    play = Play(draw(CHAIN, days=range(19, 21)), on_failure=OnFailure.HOLD)
    play.fail("extract@19")
    play.rerun(days=[19])

    assert play.word() == "running"
    play.succeed("extract@19")
    play.succeed("load@19")
    assert play.starts() == ["extract@19", "extract@19", "load@19", "extract@20"]


def test_cancelling_the_failed_date_lets_the_next_go_under_hold():
    """Cancelling a failed date that keeps its place gives the place to the next; it stays failed."""
    play = Play(draw(CHAIN, days=range(19, 21)), on_failure=OnFailure.HOLD)
    play.fail("extract@19")
    play.cancel(days=[19])

    assert play.starts() == ["extract@19", "extract@20"]
    assert (play.word(19), play.word()) == ("failed", "running")


def test_dates_wholly_in_the_future_are_passed_over():
    """A date whose cycles all lie ahead takes no place until the first of them comes."""
    now = datetime(2024, 1, 20, 12, tzinfo=UTC)
    play = Play(draw("extract", days=range(19, 23), order="Desc"), now=now, parallelism=1)

    assert play.starts() == ["extract@20"]
    assert play.word(22) == "waiting"
    play.succeed("extract@20")
    play.succeed("extract@19")
    assert play.word() == "waiting"
    assert play.engine.next_wake(play.now) == datetime(2024, 1, 21, tzinfo=UTC)
    play.wait(hours=12)
    assert play.starts() == ["extract@19", "extract@21"]


def test_a_cycle_that_has_not_come_waits_in_its_date():
    """An instance does not start before its cycle time, and the engine asks to be woken then."""
    now = datetime(2024, 1, 19, 5, 30, tzinfo=UTC)
    play = Play(draw("hourly", tasks={"hourly": {"cron": "0 5,6 * * *"}}), now=now)

    assert play.starts() == ["hourly@19T0500"]
    play.succeed("hourly@19T0500")
    assert (play.word(19), play.word()) == ("waiting", "waiting")
    assert play.engine.next_wake(play.now) == datetime(2024, 1, 19, 6, tzinfo=UTC)
    play.wait(minutes=29)
    assert play.starts() == []
    play.wait(minutes=1)
    assert play.starts() == ["hourly@19T0600"]
    assert play.engine.next_wake(play.now) is None


def test_a_date_waits_for_the_one_before_it_where_tasks_do():
    """`cycle: previous` on itself keeps dates in a row though both have a place."""
    play = Play(draw("sum -previous-> sum", days=range(19, 22)), parallelism=3)

    assert play.starts() == ["sum@19"]
    play.succeed("sum@19")
    assert play.starts() == ["sum@20"]


def test_a_week_is_counted_once_for_all_its_days():
    """`dates: 7` waits for every day of the last seven that is in the plan."""
    play = Play(draw("day -7-> week", days=range(19, 22), tasks={"week": {"cron": "0 0 21 * *"}}), parallelism=3)

    play.succeed("day@19", "day@21")
    assert "week@21" not in play.starts()
    play.succeed("day@20")
    assert play.starts() == ["week@21"]


def test_weight_then_date_then_longest_path_then_plan_order():
    """Inside one backfill: higher weight, earlier date, longer remaining path, then plan order."""
    plan = draw(
        """
        short
        long -> end
        heavy
        """,
        days=range(19, 21),
        tasks={"heavy": {"priority": 2}},
    )
    play = Play(plan, groups=ONE_SLOT, parallelism=2)

    names = []
    while started := play.starts():
        names += started
        play.succeed(*started)
    assert names == [
        *("heavy@19", "heavy@20"),
        *("long@19", "short@19", "end@19"),
        *("long@20", "short@20", "end@20"),
    ]


def test_higher_priority_goes_first_and_equals_take_turns():
    """Between backfills the higher request priority has every slot; backfills of equal priority alternate."""
    play = Play(groups=ONE_SLOT)
    low = draw("a", days=range(1, 4))
    play.say(
        play.accepted(low, 3, 1, OnFailure.CONTINUE, "Prod"),
        play.accepted(low, 3, 1, OnFailure.CONTINUE, "Dev"),
        play.accepted(draw("z", days=range(11, 13)), 3, 5, OnFailure.CONTINUE, "Prod"),
    )
    order = []
    while started := play.starts():
        order += started
        play.succeed(*started)

    assert order == ["z@11#3", "z@12#3", "a@1", "a@1#2", "a@2", "a@2#2", "a@3", "a@3#2"]


def test_slots_of_a_group_are_never_exceeded():
    """A group's slots bound what runs in it, and only in it; a group without settings has none."""
    tasks = {"light": {"resource_group": "light"}, "lost": {"resource_group": "nowhere"}}
    play = Play(
        draw("heavy\nlight\nlost", days=range(1, 4), tasks=tasks), groups={"default": 2, "light": 1}, parallelism=3
    )

    assert sorted(play.starts()) == ["heavy@1", "heavy@2", "light@1"]
    play.succeed("heavy@2")
    assert play.starts() == ["heavy@3"]


def test_max_active_bounds_a_task_over_all_backfills():
    """`max_active` counts a task's attempts in every backfill, and lets others pass."""
    plan = draw("one\nany", days=range(1, 3), tasks={"one": {"max_active": 1}})
    play = Play(plan, parallelism=2)
    play.accept(plan, parallelism=2, environment="Dev")

    assert sorted(play.starts()) == ["any@1", "any@1#2", "any@2", "any@2#2", "one@1"]
    play.succeed("one@1")
    assert play.starts() == ["one@2"]
    play.succeed("one@2")
    assert play.starts() == ["one@1#2"]


def test_virtual_tasks_succeed_at_once_without_a_slot():
    """A task without a process starts nothing; long chains of them pass in one round."""
    names = [f"v{number}" for number in range(5000)]
    plan = draw("first -> " + " -> ".join(names) + " -> last", tasks={name: {"action": VIRTUAL} for name in names})
    play = Play(plan, groups=ONE_SLOT)
    play.succeed("first@19")

    assert play.starts() == ["first@19", "last@19"]


def test_whole_dates_of_virtual_tasks_pass_in_one_round():
    """Dates that need no process follow each other within a round, whatever the parallelism."""
    plan = draw("a -> b", days=range(1, 29), tasks={"a": {"action": VIRTUAL}, "b": {"action": VIRTUAL}})
    play = Play(plan)

    assert play.word() == "succeeded"
    assert sum(isinstance(effect, RunAdmitted) for effect in play.effects) == 28


def test_what_the_plan_left_out_hands_on_its_upstream():
    """A pass-through instance is left out once its upstream is satisfied, and lets its downstream go."""
    play = Play(draw("a -> b -> c", left_out=["b@19"]))

    assert play.starts() == ["a@19"]
    play.succeed("a@19")
    assert play.starts() == ["c@19"]
    play.succeed("c@19")
    assert play.word() == "succeeded"
    assert play.counts(19) == (0, 0, 0, 2, 0, 0, 0, 0, 1)


def test_a_failure_blocks_through_what_was_left_out():
    """A pass-through instance behind a failed one waits, and so does what is behind it."""
    play = Play(draw("a -> b -> c", left_out=["b@19"]))
    play.fail("a@19")

    assert play.word() == "failed"
    assert play.counts(19) == (2, 0, 0, 0, 1, 0, 0, 0, 0)
