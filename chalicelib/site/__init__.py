"""The public site: pages for people without the app, forms for every right, and what is public about us."""
