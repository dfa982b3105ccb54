"""What every test runs under: hypothesis measures no time, since the machine may be busy with other tests."""

from hypothesis import settings

settings.register_profile("regie", deadline=None)
settings.load_profile("regie")
