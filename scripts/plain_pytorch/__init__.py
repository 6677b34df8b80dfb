"""Networks and their training in plain PyTorch, to compare nas with: written by hand from the papers and their code. They
share nothing with nas but the names of the parameters, the rule of the initial weights and the settings.
"""
