"""What the gate keeps beside its passages: commands that append rows, views that read them."""
