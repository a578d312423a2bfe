"""Cloudflare's door, at `/client/v4`: workflows, their instances, and bulk operations, of an account each."""
