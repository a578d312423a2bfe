"""One daily task as the catalog's commands start it: `python3 -S -E task.py TASK`, all else from the environment."""

from demo.tasks import main

if __name__ == "__main__":
    main()
