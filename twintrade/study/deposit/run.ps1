# @head@
# @python@
$ErrorActionPreference = "Stop"
Set-Location $PSScriptRoot
foreach ($file in @(@needed@)) {
    $place = $file
    if ($file.StartsWith("TWINTRADE_DATA/")) { $place = Join-Path $env:TWINTRADE_DATA $file.Substring(15) }
    if (-not (Test-Path -LiteralPath $place)) { Write-Output ($file + " " + @missing@); exit 3 }
}
$python = $env:PYTHON
if (-not $python) {
    $python = ".venv\Scripts\python.exe"
    if (-not (Test-Path $python)) {
        py -3 -m venv .venv
        & $python -m pip install --quiet -r requirements.lock
        if ($LASTEXITCODE) { exit $LASTEXITCODE }
    }
}
$env:PYTHONPATH = Join-Path $PSScriptRoot "code"
& $python -m twintrade.cli run @name@ --force
if ($LASTEXITCODE) { exit $LASTEXITCODE }
& $python -m twintrade.cli verify @name@ --against results.sha256
if ($LASTEXITCODE) { exit $LASTEXITCODE }
& $python verify_appendix.py @results@
exit $LASTEXITCODE
