"""Only the rooms that may touch files do, and no room runs text as code."""

import ast

MAY_TOUCH_FILES = {"data", "study", "cli"}
ON_PATHS = {
    "open",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "mkdir",
    "unlink",
    "rmdir",
    "rename",
    "touch",
    "iterdir",
    "rglob",
    "symlink_to",
    "read_csv",
    "read_excel",
    "read_parquet",
    "read_table",
    "loadtxt",
    "savetxt",
    "savez",
    "tofile",
    "fromfile",
}
# These write into memory as well; then what they are given is called buffer or stream.
INTO_MEMORY_TOO = {"to_csv", "to_excel", "to_parquet", "to_json", "to_html", "to_latex", "savefig", "save"}
FILE_MODULES = {"tempfile", "shutil", "os.path", "glob", "fileinput", "sqlite3"}
CODE_FROM_TEXT = {"eval", "exec", "compile", "query"}
CODE_MODULES = {"pickle", "marshal", "shelve", "dill", "patsy", "formulaic", "yaml"}


def calls(nodes):
    return [node for node in nodes if isinstance(node, ast.Call)]


def called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def reads_own_resource(node: ast.Call) -> bool:
    """Whether the call reads a file that the package brings along, through importlib.resources.files."""
    return any(called(inner) == "files" for inner in calls(ast.walk(node.func)))


def writes_to_memory(node: ast.Call) -> bool:
    given = [*node.args[:1], *(k.value for k in node.keywords if k.arg in {"path_or_buf", "buf", "fname", "path"})]
    return all(isinstance(g, ast.Name) and g.id in {"buffer", "stream"} for g in given)


def test_only_data_study_and_the_command_line_touch_files(modules):
    wrong = []
    for m in modules:
        if m.room in MAY_TOUCH_FILES:
            continue
        for node in calls(m.nodes):
            name = called(node)
            touches = name in ON_PATHS and not reads_own_resource(node)
            touches |= name in INTO_MEMORY_TOO and not writes_to_memory(node)
            if touches:
                wrong.append(f"{m.at(node)} calls {name}")
    assert wrong == [], "writers return bytes and the store writes them; in memory it is a buffer or a stream"


def module_imports(module) -> list[tuple[ast.AST, str]]:
    found: list[tuple[ast.AST, str]] = []
    for node in module.nodes:
        if isinstance(node, ast.Import):
            found += [(node, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append((node, node.module or ""))
    return found


def test_other_rooms_do_not_import_file_modules(modules):
    wrong = [
        f"{m.at(node)} imports {name}"
        for m in modules
        if m.room not in MAY_TOUCH_FILES
        for node, name in module_imports(m)
        if name in FILE_MODULES
    ]
    assert wrong == []


def test_text_is_never_run_as_code(modules):
    wrong = [
        f"{m.at(node)} calls {called(node)}"
        for m in modules
        for node in calls(m.nodes)
        if called(node) in CODE_FROM_TEXT and not is_compiler_of_a_library(node)
    ]
    wrong += [
        f"{m.at(node)} imports {name}"
        for m in modules
        for node, name in module_imports(m)
        if name.split(".")[0] in CODE_MODULES
    ]
    wrong += [
        f"{m.at(node)} uses a shell"
        for m in modules
        for node in calls(m.nodes)
        for k in node.keywords
        if k.arg == "shell"
    ]
    assert wrong == []


def is_compiler_of_a_library(node: ast.Call) -> bool:
    """Whether the call is re.compile, or typst.compile or typst.query of the package's own template."""
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    known = {("re", "compile"), ("typst", "compile"), ("typst", "query")}
    return isinstance(owner, ast.Name) and (owner.id, called(node)) in known
