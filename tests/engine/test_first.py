from drawing import Play, draw


def test_one_business_date_at_a_time():
    """With parallelism 1 a business date starts only when the one before it is done."""
    play = Play(draw("extract -> load", days=range(19, 21)), parallelism=1)

    assert play.starts() == ["extract@19"]
    play.succeed("extract@19")
    assert play.starts() == ["load@19"]
    play.succeed("load@19")
    assert play.starts() == ["extract@20"]
    play.succeed("extract@20")
    play.succeed("load@20")
    assert play.word() == "succeeded"
