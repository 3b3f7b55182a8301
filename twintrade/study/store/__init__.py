"""Results on disk: written whole, hashed, read back."""

from twintrade.study.store.folder import DEMO as DEMO
from twintrade.study.store.folder import get_results_folder as get_results_folder
from twintrade.study.store.folder import write_beside as write_beside
from twintrade.study.store.folder import write_demo as write_demo
from twintrade.study.store.folder import write_new as write_new
from twintrade.study.store.freshness import verify_results as verify_results
from twintrade.study.store.locating import FOLDER as FOLDER
from twintrade.study.store.locating import Analysis as Analysis
from twintrade.study.store.locating import confirm_analysis as confirm_analysis
from twintrade.study.store.locating import find_analyses as find_analyses
from twintrade.study.store.locating import find_project_root as find_project_root
