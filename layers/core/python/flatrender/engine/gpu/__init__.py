"""Drawing through OpenGL, and encoding in hardware, on machines that can."""
