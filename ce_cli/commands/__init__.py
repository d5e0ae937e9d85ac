"""The commands: options in, result out; thin."""
