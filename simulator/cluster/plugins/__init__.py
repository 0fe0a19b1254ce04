"""Admission plug-ins that look at what else there is: each new object passes them before it is stored."""
