"""The rules hold whatever happens: random lives of an engine, judged by the naive books."""

from engine.trial import Trial
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule


class EngineLife(RuleBasedStateMachine):
    """Every rule is one thing that may happen; the books judge each round."""

    @initialize(random=st.randoms(use_true_random=False))
    def begin(self, random):
        self.trial = Trial(random)
        self.trial.accept()

    @rule()
    def accept(self):
        if len(self.trial.books.of) < 4:
            self.trial.accept()

    @rule(most=st.integers(1, 5))
    def end(self, most):
        self.trial.end(most)

    @rule()
    def start(self):
        self.trial.begin()

    @rule()
    def wait(self):
        self.trial.wait()

    @rule()
    def turn(self):
        self.trial.turn()

    @rule()
    def reattach(self):
        self.trial.reattach()

    @rule()
    def act(self):
        self.trial.act()

    @rule()
    def crash(self):
        self.trial.crash()

    def teardown(self):
        if hasattr(self, "trial"):
            self.trial.finish()


EngineLife.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestEngineLife = EngineLife.TestCase
