"""The configuration of a hall: TOML in, frozen typed values out, every mistake named at once."""
