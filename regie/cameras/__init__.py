"""The cameras as control drives them: drivers supervised, presets, lock of the programme, exclusion zones, lamps."""
