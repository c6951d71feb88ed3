"""Images: the catalogue, datasets as whole tensors, transfer sets, downloads, picture folders and uploads."""
