"""Legal holds, the evidence of erasures, and destroying each kind of data when its time has come. Import from the modules."""
