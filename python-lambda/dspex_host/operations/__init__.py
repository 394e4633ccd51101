"""The operations by name. A new one is a file here and its row."""

OPERATIONS = {
    "health": "dspex_host.operations.health:health",
    "describe": "dspex_host.operations.describe:describe",
    "render": "dspex_host.operations.render:render",
    "run_module": "dspex_host.operations.run_module:run_module",
}
