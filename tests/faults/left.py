"""What a command prints when it fails, and what it leaves."""


def tree(folder):
    """Content of each file below a folder, and its folders."""
    return {path.relative_to(folder): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def assert_one_line(done, *words, code=1):
    assert done.returncode == code, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr


def assert_no_parts(folder):
    assert not [path for path in folder.rglob("*") if path.name.endswith(".part")]
