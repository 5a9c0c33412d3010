"""A whole gate without hardware: made-up people, real bytes, real pictures, real HTTP.

The people follow a timetable that runs on the monotonic clock, modulo its length, so that the
software thermometer, the video and the attendant stay in step without talking to one another.
"""
