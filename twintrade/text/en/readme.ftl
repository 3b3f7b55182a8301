# The README of a replication package, in Markdown; AUTHORS marks what only they know.

## overview
title = # Replication package
authors-article = AUTHORS: title of the article, names, date, version and permanent address of this package.
overview = ## Overview
made = { $n ->
    [one] { $n } analysis
   *[other] { $n } analyses
} with { $tables } tables and { $figures } figures, made by one program from the files named below. One command runs everything: { $program ->
    [make] `make`
   *[script] `sh run.sh`
}. Expect about { $duration } on one processor.
simulated = **SIMULATED DATA.** The trade series of { $names } are simulated and describe no real trade.
seconds = { $n } seconds
minutes = { $n } minutes
hours = { FIXED($n, decimals: 1) } hours

## data
data = ## Data availability and provenance statements
rights = ### Statement about rights
authors-tick = AUTHORS: tick what is true.
right-to-use = - [ ] We had the right to use the data of the article.
right-to-publish = - [ ] We may publish the data that this package holds.
availability = ### Summary of availability
available-all = All data are in this package.
available-some = Some data are not in this package.
available-none = No data are in this package.
sources = ### Details on each data source
head-file = File
head-publisher = Publisher
head-licence = Licence
head-provided = In this package
head-used = Used by
provided-yes = yes
provided-no = no
provided-drawn = drawn by the program
authors-sources = AUTHORS: where each file can be had, at which price, since when, and how it is cited.
datasets = ## Dataset list
contents = Contents as they were read, for comparison after a download:
head-bytes = Bytes
head-rows = Rows
head-read-as = Read as
head-sha = sha256
withheld = Not in this package, and how they are brought; each goes to the path named here:
outside = Files under `TWINTRADE_DATA` are not in this package. Fetch them from their publisher, put them into one folder, and name it in the environment variable `TWINTRADE_DATA`.

## what is needed
requirements = ## Computational requirements
software = ### Software requirements
locked = `requirements.lock` lists every library with its version; `run.sh` (`run.ps1` on Windows) installs these into `.venv`, unless `PYTHON` names an interpreter that has them.
pinned = Every dependency is pinned with its hash in `requirements.lock`; `make setup` installs exactly these.
randomness = ### Controlled randomness
head-analysis = Analysis
head-seed = Seed, in `[inference]`
head-jobs = Jobs with a seed of their own
seeds = Each job's generator is made from the seed and the job's name, so neither the order of jobs nor the number of processors changes a number. All of them are listed in `manifest.json`.
costs = ### Memory, run time and storage requirements
head-time = Run time, measured
head-memory = Peak memory, measured
head-results = Results
machine = { $system } with { $processors } processors
measured = Measured on { $machines }.
authors-machine = AUTHORS: make of the processor and memory of the machine.

## programs
programs = ## Description of programs
program-make = - `Makefile`: everything, or one analysis by its name.
program-tool = - `twintrade/`: reads data, estimates, draws tables and figures.
program-analysis = - `{ $file }`: data, comparison, estimators and checks of one analysis.
program-lock = - `requirements.lock`: versions of every library.
program-script = - `run.sh`, `run.ps1`: run the analysis, compare every result with `results.sha256`, and every printed number with its source.
program-code = - `code/twintrade/`: the program: reads data, estimates, draws tables and figures.
program-proof = - `verify_appendix.py`: proves, without any library, that every number in the tables of the appendix equals its stored value. `SHA256SUMS`: checksums of this package. `commit.json`: the commit it was made from.
licence = ### License for code
licence-file = `LICENSE` has the terms of the code.
licence-files = `code/LICENSE` has the terms of the code, `LICENSE-DATA.md` those of the data.

## instructions
instructions = ## Instructions to replicators
step-setup = `make setup` makes `.venv` from `requirements.lock`.
step-data = Set `TWINTRADE_DATA` to the folder with the files that are not in this package.
step-make = `make` runs every analysis that has no results yet.
step-unpack = Unpack this file and go into its folder. `sha256sum -c SHA256SUMS` shows that it is whole.
step-withheld = Bring the data that are not in this package, as said above.
step-script = `sh run.sh`, or `powershell -File run.ps1` on Windows.
step-compare = It ends with "every byte is as recorded" and "wrong: 0"; a difference is named and ends it with an error.
step-verify = `.venv/bin/twintrade verify` hashes inputs and results and names every difference from what was recorded.

## exhibits
exhibits = ## List of tables, figures and programs
reproduces = The provided code reproduces every table, every figure and every number in the text of the appendices.
authors-article-tick = AUTHORS: tick what is true of the article.
article-numbers = - [ ] All numbers provided in its text.
article-exhibits = - [ ] All its tables and figures.
article-selected = - [ ] Selected tables and figures, as explained here.
exhibit-programs = The program of every exhibit is the command in its row; numbers are those of the analysis' appendix.
command = `make { $name }`
head-exhibit = Exhibit
head-caption = Caption
head-program = Program
head-files = Files in `results/{ $name }/`

## references
references = ## References
authors-citations = - AUTHORS: the data sources above, as their publishers want them cited.
acknowledgements = ## Acknowledgements
authors-thanks = AUTHORS: who helped and who paid.
template = The order of this file is that of Vilhuber, Koren, Llull, Connolly and Morrow, A template README for social science replication packages, Social Science Data Editors.
