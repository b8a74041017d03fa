"""What is made of a bundle for the web: a static page, a Space, a push to the hub."""
