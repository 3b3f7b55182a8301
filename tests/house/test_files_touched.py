"""Only the rooms that may touch files do, and no room runs text as code."""

import ast

MAY_TOUCH_FILES = {"files", "data", "study", "cli"}
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


DOOR = "files.py"
OPENING = {"open", "read_text", "read_bytes", "fdopen", "FileIO", "fromfile", "memmap", "genfromtxt", "loadtxt"}
# These read a path or a stream: what they are given is bytes in memory or comes from the door.
READING = {
    *("ParquetFile", "ParquetDataset", "ZipFile", "TarFile", "GzipFile", "BZ2File", "LZMAFile", "iterparse"),
    *("read_csv", "read_table", "read_excel", "read_parquet", "read_feather", "read_stata", "read_spss", "read_json"),
    *(
        "read_sav",
        "read_dta",
        "read_sas",
        "open_file",
        "memory_map",
        "from_filelike",
        "from_path",
        "CalamineWorkbook",
    ),
}
IN_MEMORY = {"BytesIO", "StringIO", "raw", "stream", "packed", "out"}
READ_BY_THEMSELVES = {"study/deposit/verify_appendix.py": "runs in a deposit, without the package"}


def mode_of(node: ast.Call) -> str:
    owner = getattr(getattr(node.func, "value", None), "id", "")
    first = 0 if isinstance(node.func, ast.Attribute) and owner not in {"gzip", "os", "io"} else 1
    given = [*node.args[first : first + 1], *(k.value for k in node.keywords if k.arg == "mode")]
    modes = [g.value for g in given if isinstance(g, ast.Constant) and isinstance(g.value, str)]
    return next((m for m in modes if set(m) <= set("rwxabt+")), "r")


def is_given_bytes(node: ast.Call) -> bool:
    given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "fileobj")]
    return bool(given) and all(
        (called(g) if isinstance(g, ast.Call) else getattr(g, "id", "")) in IN_MEMORY for g in given
    )


def list_house_functions(module) -> set[str]:
    """The functions and modules of the package that a module knows; their own reads are looked at where they are."""
    return {
        alias.name
        for node in module.nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("twintrade.")
        for alias in node.names
    }


def list_reads_past_the_door(module) -> list[str]:
    if module.path == DOOR or module.path in READ_BY_THEMSELVES:
        return []
    own = {node.name for node in module.nodes if isinstance(node, ast.FunctionDef)} | list_house_functions(module)
    wrong = []
    for node in calls(module.nodes):
        name = called(node)
        holder = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        if reads_own_resource(node) or getattr(holder, "id", "") in own:
            continue
        is_of_self = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") in OPENED_OBJECTS
        opens = (
            name in OPENING and not is_of_self and not set(mode_of(node)) & set("wxa+") and not is_given_bytes(node)
        )
        if opens or (name in READING and not is_given_bytes(node)):
            wrong.append(f"{module.at(node)} calls {name}")
    return wrong


# Objects whose `open` is no file's: a member of an archive in memory, an engine.
OPENED_OBJECTS = {"container", "source", "engine", "self", "os"}


def test_every_file_is_read_through_the_door(modules):
    assert [w for m in modules for w in list_reads_past_the_door(m)] == [], "use twintrade.files"


def test_a_read_past_the_door_is_found(modules):
    lines = [
        'open("x")', 'open(path, "rb")', 'path.open("rb")', "path.open()", "path.read_text()", "path.read_bytes()",
        "pd.read_csv(path)", "pq.ParquetFile(path)", "gzip.open(path)", "zipfile.ZipFile(path)", "io.FileIO(path)",
        "feather.read_table(path)", "ElementTree.iterparse(path)", "np.fromfile(path)",
    ]  # fmt: skip
    for line in lines:
        module = type(modules[0])("data/x.py", "twintrade.data.x", "data", line, ast.parse(line))
        assert list_reads_past_the_door(module), line


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
