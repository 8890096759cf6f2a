"""The main job on real input: npm packages become plugins, and people find, install and run them."""
