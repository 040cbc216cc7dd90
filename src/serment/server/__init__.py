"""The server: stores speak SQL, use cases order the steps, api and pages translate. It holds no private key of anyone."""
