"""One small table, the exact text of each format."""

from dataclasses import replace

from twintrade.render.blocks import Cell, Column, Row, Table, build_row
from twintrade.render.writers.glyphs import Printer
from twintrade.render.writers.html import render_table_html
from twintrade.render.writers.latex import PRINTABLE, render_table_float_tex, render_table_tex
from twintrade.render.writers.xlsx import render_table_csv

TABLE = Table(
    key="small",
    caption="A & B",
    columns=(Column("left"), Column("decimal"), Column("decimal")),
    header=((Cell(("",)), Cell(("(1)",)), Cell(("(2)",))),),
    groups=(
        (build_row("Twinning", Cell(("−0.120", "(0.034)")), Cell(("1.500", "[0.100 to 2.900]"))),),
        (build_row("Observations", "1,642", "980"), Row((Cell(("=1+1",)), Cell(("Yes",)), Cell(("",))))),
    ),
    notes=("50% of <all>.",),
)

LATEX = r"""% needs \usepackage{booktabs,siunitx,threeparttable,array} % twintrade table small
{\fontsize{9}{10.8}\selectfont\setlength{\tabcolsep}{3pt}%
\noindent\begin{tabular}{@{}lS[table-format=-1.3,table-space-text-pre={(},table-align-text-pre=false,table-space-text-post={)},table-align-text-post=false,group-minimum-digits=4,group-separator={,}]S[table-format=1.3,group-minimum-digits=4,group-separator={,}]@{}}
\toprule
 & {(1)} & {(2)} \\
\midrule
Twinning & -0.120 & 1.500 \\
 & {(}0.034{)} & {{[}0.100 to 2.900{]}} \\[2pt]
\midrule
Observations & {1,642} & {980} \\
=1+1 & {Yes} &  \\
\bottomrule
\end{tabular}}
"""

HTML = (
    '<div class="table" id="small"><div class="scroll" role="region" tabindex="0" aria-label="A &amp; B">'
    '<table class="fitting"><caption><span class="number"></span>A &amp; B</caption>\n'
    '<thead><tr><td></td><th scope="col" class="decimal">(1)</th>'
    '<th scope="col" class="decimal">(2)</th></tr></thead>\n'
    '<tbody><tr><th scope="row" class="left short">Twinning</th>'
    '<td class="decimal short">−0.120<span class="pad" aria-hidden="true">)</span><br>'
    '<span class="under">(0.034)</span></td>'
    '<td class="decimal short">1.500<span class="pad" aria-hidden="true">]</span><br>'
    '<span class="under">[0.100 to 2.900]</span></td></tr></tbody>\n'
    '<tbody><tr><th scope="row" class="left short">Observations</th>'
    '<td class="decimal short">1,642<span class="pad" aria-hidden="true">)</span></td>'
    '<td class="decimal short">980<span class="pad" aria-hidden="true">]</span></td></tr>\n'
    '<tr><th scope="row" class="left short">=1+1</th>'
    '<td class="decimal short">Yes<span class="pad" aria-hidden="true">)</span></td>'
    '<td class="decimal short"></td></tr></tbody>\n</table></div>'
    '<p class="notes">50% of &lt;all&gt;.</p></div>'
)


def test_latex():
    assert render_table_tex(TABLE, Printer(PRINTABLE)) == LATEX


def test_latex_float_carries_caption_label_and_notes():
    text = render_table_float_tex(TABLE, Printer(PRINTABLE))
    assert r"\caption{A \& B}\label{tab:small}" in text
    assert r"\item 50\% of \textless{}all\textgreater{}." in text


def test_html():
    assert render_table_html(TABLE) == HTML


def test_csv_is_numeric_for_programs_and_inert_for_spreadsheets():
    assert render_table_csv(TABLE).decode() == (
        ",(1),(2)\nTwinning,-0.120,1.500\n,(0.034),[0.100 to 2.900]\nObservations,1642,980\n'=1+1,Yes,\n"
    )


def test_a_row_that_has_no_head_has_no_empty_one():
    rows = (build_row("Twinning", "1", "2"), build_row("", "3", "4"))
    html = render_table_html(replace(TABLE, groups=(rows,)))
    assert html.count('<th scope="row"') == 1
    assert '<tr><td class="left short"></td><td class="decimal short">3' in html
