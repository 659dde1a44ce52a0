import shutil


def remove(path):
    shutil.rmtree(path)
