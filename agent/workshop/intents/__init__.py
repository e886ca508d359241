"""Training and measuring intent classifiers beyond what opening an agent fits by itself."""
