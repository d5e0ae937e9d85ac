"""From blocks of text to characters: plain, coloured, plotted."""
