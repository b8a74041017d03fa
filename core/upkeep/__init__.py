"""The files of a workspace: whether they are as the catalog says, and putting right what is not."""
