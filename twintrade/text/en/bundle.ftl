# The bundle of an analysis: one zip for a data editor.
stale = { $name }: no fresh results to deposit ({ $reason }); first: twintrade run { $name }
no-sums = { $file } holds no checksums of these results.
left-out = { $n ->
    [one] One input is
   *[other] { $n } inputs are
} not in it, and no row of the data: { $files }. Its README.md says how to get what is missing.
same-bytes = { $name }: every byte is as recorded in { $file }
other-bytes = { $name }: these files are not as recorded in { $file }: { $files }
withheld-outside = it lies outside the project. { how-brought }
withheld-forbidden = its card says that it is not to be passed on. { how-brought }
withheld-unsaid = its card does not say that it may be passed on ("Passing on: yes" in `{ $card }`). { how-brought }
how-brought = { $command ->
    [none] Get it from its publisher; `{ $card }` says where, if the package has this page.
   *[other] Bring it with `{ $command }`.
}
lock = Python { $python } and the libraries that the analysis ran with
data-terms = Terms of the data
terms = `{ $path }`: { $publisher ->
    [none] publisher not named
   *[other] { $publisher }
}; { $licence ->
    [none] terms not named
   *[other] { $licence }
} { $passed ->
    [yes] In this package.
   *[no] Not in this package.
}
citation = { $publisher }. Data set, `{ $path }`.
script = Makes results/NAME again from data and code, and says whether every byte is as deposited.
script-python = PYTHON names an interpreter that has the libraries of requirements.lock; without it they are installed into .venv.
unsafe-name = The file name { $path } has a character that a shell runs or a terminal obeys: rename the file, then run the analysis again
missing = is not in this package: README.md says how to get it.
