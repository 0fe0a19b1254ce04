"""The users of the sample app, as a locustfile like anybody's."""
