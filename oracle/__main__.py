from oracle.cli import main, saying_what_is_wrong

saying_what_is_wrong(main)
