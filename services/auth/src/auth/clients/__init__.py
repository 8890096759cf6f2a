"""What is outside of this process's event loop: the threads that hash passwords."""
