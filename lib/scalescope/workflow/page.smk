# What the page of Snakemake shows (`scalescope reproduce -- --report report.html`) besides the statistics of the jobs.
# The rule is in no other target, so it changes nothing of what runs: which figures and tables there are is known only
# after the jobs that make them. Both Snakefiles include it; PROFILE is theirs. See snakemake_report.py.

from scalescope import paths
from scalescope.workflow.snakemake_report import FOLDER, words


report: "captions/profile.rst"


rule page:
    input:
        report(
            str(paths.figures(PROFILE.name, "x").parent),
            patterns=["{paper}/{figure}.png"],
            category="Figures",
            subcategory="{paper}",
            labels=lambda wildcards: {"figure": words(wildcards.figure)},
            caption="captions/figure.rst",
        ),
        report(
            FOLDER,
            patterns=["{paper}/{table}.html"],
            category="Tables",
            subcategory="{paper}",
            labels={"table": "{table}"},
            caption="captions/table.rst",
        ),
        report(
            "notebooks",
            patterns=["{notebook,[^.].*}.ipynb"],
            category="Notebooks as executed",
            labels={"notebook": "{notebook}"},
            caption="captions/notebook.rst",
        ),
