"""The presenter: the child process that owns the child's screen, run as ``python -m protocols.presenter``.

The only package that imports psychopy, and only inside the process that it runs in: importing this package, or its
modules `geometry`, `voice`, `virtual` and `tier`, imports neither psychopy nor pyglet. It never imports Qt or torch.
`docs/presenter.md` tells what a person sees, which keys there are, and how times are measured.
"""
