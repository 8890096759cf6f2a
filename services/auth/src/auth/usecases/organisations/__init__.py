"""What is done with organisations. Every change asks `gate`, and every change of rights goes through `rights`."""
