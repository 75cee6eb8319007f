from .classification import classification_report as classification_report
from .classification import majority_accuracy as majority_accuracy
from .classification import svm_accuracy as svm_accuracy
from .distributions import frechet_distance as frechet_distance
from .distributions import inception_score as inception_score
from .intervals import accuracy_interval as accuracy_interval
from .intervals import sign_test as sign_test
from .intervals import speaker_interval as speaker_interval
