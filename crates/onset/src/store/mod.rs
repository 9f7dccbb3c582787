//! Run directories: what is recorded, in which files, and how nothing is lost.
