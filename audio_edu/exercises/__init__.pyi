from .check import check as check
