"""Live progress over WebSocket."""
