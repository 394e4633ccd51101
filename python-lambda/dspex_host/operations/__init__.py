"""The operations by name. A new one is a file here and its row."""

OPERATIONS = {
    "health": "dspex_host.operations.health:health",
    "describe": "dspex_host.operations.describe:describe",
    "render": "dspex_host.operations.render:render",
    "run_module": "dspex_host.operations.run_module:run_module",
    "describe_program": "dspex_host.operations.describe_program:describe_program",
    "run_program": "dspex_host.operations.run_program:run_program",
    "score": "dspex_host.operations.score:score",
    "describe_tool": "dspex_host.operations.tool:describe_tool",
    "call_tool": "dspex_host.operations.tool:call_tool",
    "compile": "dspex_host.operations.compile:compile_program",
}
