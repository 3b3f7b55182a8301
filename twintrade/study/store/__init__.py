"""Results on disk: written whole, hashed, read back."""

from twintrade.study.store.folder import results_folder as results_folder
from twintrade.study.store.folder import write_new as write_new
from twintrade.study.store.freshness import changes as changes
from twintrade.study.store.locating import FOLDER as FOLDER
from twintrade.study.store.locating import Analysis as Analysis
from twintrade.study.store.locating import analyses as analyses
from twintrade.study.store.locating import project_root as project_root
