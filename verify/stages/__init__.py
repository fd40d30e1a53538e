"""What a check looks at besides single graphs; one file a question, each an answer as data.

``cost``: how time and depth grow.  ``conventions``: what the engine does where right ones differ.
``training``: its own networks.  ``stability``: whether it says the same in another process.
"""
